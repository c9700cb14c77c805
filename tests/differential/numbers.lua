-- Prints what becomes of random numbers: doubles by their bits, integers, and numerals of all forms. The arguments are
-- the number of the first and how many there are; the generator is written in Lua, so both sides draw the same.
local first, count = tonumber((...)), tonumber((select(2, ...)))

local state
local function bits()
  state = state + 0x9E3779B97F4A7C15
  local z = state
  z = (z ~ (z >> 30)) * 0xBF58476D1CE4E5B9
  z = (z ~ (z >> 27)) * 0x94D049BB133111EB
  return z ~ (z >> 31)
end

local function below(n)
  return (bits() >> 1) % n
end

local edges = {
  0.0, -0.0, 1/0, -1/0, 0/0, 2^53, 2^53 - 1, 2^53 + 2, -2^53, 2^63, -2^63, 2^63 - 1024, -2^63 - 2048, 2^62, 2^64,
  5e-324, 2.2250738585072014e-308, 2.2250738585072009e-308, 1.7976931348623157e308, 0.1, 0.5, 1.5, 2.5, 1e14, 1e15,
  1e16, 1e17, 99999999999999.5, 123456789012345678, 1e21, 1e22, 1e23, 1/3, 3.0, -3.0, 0.0001, 0.00001, 1e100, 9.5,
  0.05, 0.005, 1.005, 2^-1022, 2^-1074, 2^31, 2^32, -2^31, 4503599627370496.5, 0.30000000000000004, 9007199254740993,
}
local integers = {
  0, 1, -1, 2, 3, 7, -7, 10, math.maxinteger, math.mininteger, math.maxinteger - 1, math.mininteger + 1, 2^53 | 0,
  (2^53 | 0) + 1, 1 << 62, 255, 256, -256, 0x7fffffff, 0x80000000, 0xffffffff,
}

local function double(n)
  if n < #edges then
    return edges[n + 1]
  end
  local kind = below(8)
  if kind == 0 then
    -- Few digits, as people write them.
    return below(100000) / 10^below(12)
  elseif kind == 1 then
    -- Near an integer that a float can hardly tell from its neighbours.
    return (bits() >> below(64)) + 0.5
  end
  return (string.unpack("d", string.pack("j", bits())))
end

local function integer()
  if below(4) == 0 then
    return integers[below(#integers) + 1]
  end
  return bits() >> below(64)
end

local function try(f, ...)
  local ok, result = pcall(f, ...)
  return ok and tostring(result) or tostring(result):gsub("^.-:%d+: ", "")
end

local function floor_division(a, b) return a // b end
local function modulo(a, b) return a % b end
local function to_integer(a) return a | 0 end

local signs = { "", "-", "+", " ", " -" }
local tails = { "", "", "", " ", "\n", "x", "e", "." , "e5", "E-3", "e+2", "e400", "e-400", "\0" }
local hex_tails = { "", "", "p0", "p10", "P-10", "p+3", "p", ".", ".8", ".p1", "p-1080", "p1024", "g", "p-1100" }

-- Text that is a numeral, or nearly one.
local function numeral()
  local text = {}
  text[1] = signs[below(#signs) + 1]
  if below(3) == 0 then
    text[2] = below(2) == 0 and "0x" or "0X"
    for _ = 1, below(20) do text[#text + 1] = ("%x"):format(below(16)) end
    if below(3) == 0 then
      text[#text + 1] = "."
      for _ = 1, below(18) do text[#text + 1] = ("%X"):format(below(16)) end
    end
    text[#text + 1] = hex_tails[below(#hex_tails) + 1]
  else
    for _ = 1, below(below(2) == 0 and 22 or 8) do text[#text + 1] = tostring(below(10)) end
    if below(2) == 0 then
      text[#text + 1] = "."
      for _ = 1, below(20) do text[#text + 1] = tostring(below(10)) end
    end
    text[#text + 1] = tails[below(#tails) + 1]
  end
  return table.concat(text)
end

local flags = { "", "-", "+", " ", "#", "0", "+0", "-#" }
local letters = { "e", "E", "f", "F", "g", "G", "a", "A" }
local whole = { "d", "i", "x", "X", "o", "c" }

local function specification(kinds)
  local width = below(2) == 0 and tostring(below(30)) or ""
  local precision = below(2) == 0 and "." .. below(30) or ""
  local flag = flags[below(#flags) + 1]
  if width:sub(1, 1) == "0" then width = "" end
  return "%" .. flag .. width .. precision .. kinds[below(#kinds) + 1]
end

for n = first, first + count - 1 do
  state = n * 0x2545F4914F6CDD1D
  local x, y, i, j = double(n), double(n + 7), integer(), integer()
  local short, long, hex = ("%.14g"):format(x), ("%.17g"):format(x), ("%a"):format(x)
  local text = numeral()
  local float_format, whole_format = specification(letters), specification(whole)
  local line = table.concat({
    n, short, long, hex, tostring(x), tostring(tonumber(short)), tostring(tonumber(long) == x), tostring(tonumber(hex) == x),
    tostring(math.tointeger(x)), tostring(math.floor(x)), tostring(math.ceil(x)), try(to_integer, x),
    try(string.format, "%d", x), ("%.17g"):format(x // 1), ("%.17g"):format(x % 1), ("%.17g"):format(x // y),
    ("%.17g"):format(x % y), ("%.17g"):format(math.fmod(x, y)), float_format, try(string.format, float_format, x),
    tostring(i), try(floor_division, i, j), try(modulo, i, j), try(math.fmod, i, j), ("%.17g"):format(i / j), tostring(i * j), tostring(i < x),
    tostring(i <= x), tostring(i == x), tostring(x < j), ("%.17g"):format(i % y), ("%.17g"):format(i // y),
    tostring(tonumber(tostring(i) .. below(10))), tostring(tonumber("0x" .. ("%x"):format(i) .. below(10))),
    whole_format, try(string.format, whole_format, i), ("%q"):format(text), tostring(math.type(tonumber(text))), tostring(tonumber(text)),
    ("%q"):format(x), ("%q"):format(i), tostring(tonumber(("%x"):format(i), 16)), tostring(tonumber(text, 2 + below(35))),
  }, " ")
  print((line:gsub("\n", "\\n")))
end
