print(os.execute()) --> true
print(os.execute("exit 0")) --> true	exit	0
print(os.execute("exit 129")) --> nil	exit	129
print(os.execute("kill -s HUP $$")) --> nil	signal	1
