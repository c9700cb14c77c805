print(type(os.getenv("PATH"))) --> string
print(os.getenv("A_VARIABLE_THAT_NOBODY_SETS")) --> nil
print(os.getenv("NOT=A NAME"), os.getenv("")) --> nil	nil
