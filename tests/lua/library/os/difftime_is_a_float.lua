print(os.difftime(5, 3), os.difftime(3, 5)) --> 2.0	-2.0
print(pcall(os.difftime, 1) == false) --> true
