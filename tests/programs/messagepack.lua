-- module: MessagePack
local messagepack = require "MessagePack"
local function hex(text) return (text:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)) end
for _, value in ipairs {0, 127, 128, 255, 256, 65535, 65536, 2^32 | 0, math.maxinteger, -1, -32, -33, -128, -129, -32769,
  math.mininteger, 1.5, -0.0, 1 / 0, 1e300, "", "text", ("x"):rep(31), ("x"):rep(32), true, false} do
  local packed = messagepack.pack(value)
  print(hex(packed), messagepack.unpack(packed) == value, math.type(messagepack.unpack(packed)))
end
print(#messagepack.pack(("x"):rep(70000)), hex(messagepack.pack {1, {2, {}}, "three"}), hex(messagepack.pack {a = 1}))
for _, value in messagepack.unpacker(messagepack.pack(1) .. messagepack.pack "two" .. messagepack.pack {3}) do
  print(type(value), type(value) == "table" and value[1] or value)
end
print(pcall(messagepack.unpack, "\xdc\x00"), pcall(messagepack.unpack, "\xc1"))
print(pcall(messagepack.pack, print))
