local name = os.tmpname()
local kept
do
    local file <close> = assert(io.open(name, "w"))
    kept = file
    print(io.type(file)) --> file
end
print(io.type(kept), tostring(kept)) --> closed file	file (closed)
print(pcall(kept.write, kept, "x")) --> false	attempt to use a closed file
os.remove(name)
