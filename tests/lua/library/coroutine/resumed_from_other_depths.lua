-- A coroutine that yields from deep within calls may be resumed from anywhere; its frames and locals stay right.
local function walk(depth, sum, ...)
  if depth == 0 then
    return sum + coroutine.yield(sum) + select("#", ...)
  end
  local mine = depth
  local below = walk(depth - 1, sum + mine, ...)
  return below + mine
end

local function resumed(depth, co, value)
  if depth == 0 then
    return (select(2, coroutine.resume(co, value)))
  end
  local result = resumed(depth - 1, co, value)
  return result
end

local co = coroutine.create(function(x)
  while true do
    x = coroutine.yield(walk(4, x, "extra", "more"))
  end
end)
local results = {}
for i = 1, 6 do
  results[i] = resumed(i % 3 * 2, co, i)
end
print(table.concat(results, " ")) --> 11 25 13 29 15 33

-- What the debugger sees of it is right too, wherever it was resumed.
resumed(7, co, 9)
local names = {}
for level = 1, 4 do
  local name, value = debug.getlocal(co, level, 1)
  names[level] = name .. "=" .. tostring(value)
end
print(table.concat(names, " ")) --> depth=0 depth=1 depth=2 depth=3
print(debug.getlocal(co, 1, -2)) --> (vararg)	more
print(debug.setlocal(co, 1, 2, 100)) --> sum
print(resumed(3, co, 1)) --> 113
print(coroutine.close(co), coroutine.status(co)) --> true	dead
