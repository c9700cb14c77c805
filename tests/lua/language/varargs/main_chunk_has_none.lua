print(select("#", ...)) --> 0
print((...)) --> nil
