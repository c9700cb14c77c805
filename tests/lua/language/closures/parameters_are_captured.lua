local function f(a, b)
  local function set(v) a = v end
  local function get() return a, b end
  set(a * 2)
  b = b .. "!"
  return get, set
end
local get, set = f(21, "b")
print(get()) --> 42	b!
set("new")
print(get()) --> new	b!
