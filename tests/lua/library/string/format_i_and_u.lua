print(string.format("%i|%3i|%-3i|", 7, 7, 7)) --> 7|  7|7  |
print(pcall(string.format, "%u", 1)) --> true	1
