print(io.stdin:close()) --> nil	cannot close standard file
print(io.close(io.stdout)) --> nil	cannot close standard file
print(io.type(io.stderr), io.type(8), io.type({})) --> file	nil	nil
