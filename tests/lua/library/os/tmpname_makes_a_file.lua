local name, other = os.tmpname(), os.tmpname()
print(name ~= other) --> true
print(io.open(name):read("a") == "") --> true
print(os.remove(name), os.remove(other)) --> true	true
