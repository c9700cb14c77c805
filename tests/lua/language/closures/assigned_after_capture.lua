local x = 1
local function get() return x end
x = 2
print(get()) --> 2
do
  local y
  local function show() return y end
  print(show()) --> nil
  y = "later"
  print(show()) --> later
end
