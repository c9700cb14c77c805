for position, code in utf8.codes("aä€😀") do
    print(position, code) --> 1	97
    --> 2	228
    --> 4	8364
    --> 7	128512
end
