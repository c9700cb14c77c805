print(os.setlocale(), os.setlocale(nil, "time"), os.setlocale("C", "all")) --> C	C	C
print(os.setlocale("no such locale")) --> nil
os.setlocale("C", "some") --! bad argument #2 to 'setlocale' (invalid option 'some')
