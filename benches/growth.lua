-- growth: whether ten times the work takes ten times the time. Each line is one kind of work on three sizes, each ten
-- times the one before: its times in seconds, and how many times the one before they are. `lua5.4` runs it too. What
-- does not fit into the processor's caches takes longer by that alone, so each kind can also be done once and not
-- timed, for a tool that counts instructions.
-- usage: growth.lua [pattern of names [largest size, as a part of the full one, which takes about 4 GB ["once"]]]
local wanted, part, once = ...
wanted, part = wanted or "", tonumber(part or 1)
local clock = os.clock

-- Each kind of work: its name, its full size, and a function that prepares it and returns what is timed.
local works = {}
local function work(name, size, prepare)
  works[#works + 1] = { name = name, size = size, prepare = prepare }
end

-- tables ------------------------------------------------------------------------------------------------------------

work("append to an array", 10000000, function(n)
  return function()
    local t = {}
    for i = 1, n do
      t[#t + 1] = i
    end
    return #t
  end
end)

work("insert into an array", 10000000, function(n)
  return function()
    local t, insert = {}, table.insert
    for i = 1, n do
      insert(t, i)
    end
    return #t
  end
end)

work("read an array", 10000000, function(n)
  local t = {}
  for i = 1, n do
    t[i] = i
  end
  return function()
    local sum = 0
    for i = 1, n do
      sum = sum + t[i]
    end
    return sum
  end
end)

-- Far apart, so that none belongs in the array part, and in no order that the hash could be lucky with.
local function scattered(i)
  return (i * 2654435761) % 4294967296 + 4294967296
end

work("add integer keys", 10000000, function(n)
  return function()
    local t = {}
    for i = 1, n do
      t[scattered(i)] = i
    end
    return next(t) ~= nil
  end
end)

work("read integer keys", 10000000, function(n)
  local t = {}
  for i = 1, n do
    t[scattered(i)] = i
  end
  return function()
    local sum = 0
    for i = 1, n do
      sum = sum + t[scattered(i)]
    end
    return sum
  end
end)

work("add string keys", 10000000, function(n)
  return function()
    local t = {}
    for i = 1, n do
      t["key" .. i] = i
    end
    return next(t) ~= nil
  end
end)

work("read string keys", 10000000, function(n)
  local t = {}
  for i = 1, n do
    t["key" .. i] = i
  end
  return function()
    local sum = 0
    for i = 1, n do
      sum = sum + t["key" .. i]
    end
    return sum
  end
end)

work("traverse with pairs", 10000000, function(n)
  local t = {}
  for i = 1, n do
    t[scattered(i)] = i
  end
  return function()
    local sum = 0
    for _, v in pairs(t) do
      sum = sum + v
    end
    return sum
  end
end)

work("remove all keys", 10000000, function(n)
  local t = {}
  for i = 1, n do
    t[scattered(i)] = i
  end
  return function()
    for k in pairs(t) do
      t[k] = nil
    end
    return next(t) == nil
  end
end)

work("tables in a table", 1000000, function(n)
  return function()
    local t = {}
    for i = 1, n do
      t[i] = { i }
    end
    return #t
  end
end)

work("sort", 1000000, function(n)
  local t = {}
  for i = 1, n do
    t[i] = scattered(i)
  end
  return function()
    table.sort(t)
    return t[1] <= t[n]
  end
end)

-- strings -----------------------------------------------------------------------------------------------------------

work("string.rep", 100000000, function(n)
  return function()
    return #("abcdefghij"):rep(n // 10)
  end
end)

work("a .. b", 100000000, function(n)
  local half = ("x"):rep(n // 2)
  return function()
    return #(half .. half)
  end
end)

work("table.concat", 100000000, function(n)
  local pieces = {}
  for i = 1, n // 100 do
    pieces[i] = ("piece"):rep(20)
  end
  return function()
    return #table.concat(pieces)
  end
end)

work("grow by doubling", 100000000, function(n)
  return function()
    local s = "x"
    while #s < n do
      s = s .. s
    end
    return #s
  end
end)

local function text(n)
  return ("abcdefghi "):rep(n // 10)
end

work("find, plain", 100000000, function(n)
  local s = text(n) .. "needle"
  return function()
    return s:find("needle", 1, true)
  end
end)

work("find, pattern", 100000000, function(n)
  local s = text(n) .. "needle"
  return function()
    return s:find("ne+dle")
  end
end)

work("gsub", 100000000, function(n)
  local s = text(n)
  return function()
    return select(2, s:gsub("e", "E"))
  end
end)

work("gmatch", 100000000, function(n)
  local s = text(n)
  return function()
    local words = 0
    for _ in s:gmatch("%a+") do
      words = words + 1
    end
    return words
  end
end)

for _, name in ipairs({ "upper", "reverse" }) do
  work(name, 100000000, function(n)
    local s = text(n)
    return function()
      return #s[name](s)
    end
  end)
end

work("sub", 100000000, function(n)
  local s = text(n)
  return function()
    return #s:sub(2, -2)
  end
end)

work("byte by byte", 10000000, function(n)
  local s, byte = text(n), string.byte
  return function()
    local sum = 0
    for i = 1, #s do
      sum = sum + byte(s, i)
    end
    return sum
  end
end)

work("compare equal strings", 100000000, function(n)
  local a, b = text(n) .. "a", text(n) .. "a"
  return function()
    return a == b and a <= b
  end
end)

work("string.format", 100000000, function(n)
  local s = text(n)
  return function()
    return #("%s and %s"):format(s, "more")
  end
end)

-- coroutines --------------------------------------------------------------------------------------------------------

local function body(a, b, c)
  while true do
    a = coroutine.yield(a)
    b, c = c, b
  end
end

work("make coroutines", 1000000, function(n)
  return function()
    local all = {}
    for i = 1, n do
      local co = coroutine.create(body)
      coroutine.resume(co, i, 2, 3)
      all[i] = co
    end
    return #all
  end
end)

work("resume coroutines", 1000000, function(n)
  local all = {}
  for i = 1, n do
    local co = coroutine.create(body)
    coroutine.resume(co, i, 2, 3)
    all[i] = co
  end
  return function()
    local resume, sum = coroutine.resume, 0
    for round = 1, 3 do
      for i = 1, n do
        local _, v = resume(all[i], round)
        sum = sum + v
      end
    end
    return sum
  end
end)

-- collector ---------------------------------------------------------------------------------------------------------

work("collect live tables", 1000000, function(n)
  local t = {}
  for i = 1, n do
    t[i] = { i }
  end
  return function()
    collectgarbage()
    return #t
  end
end)

-- -------------------------------------------------------------------------------------------------------------------

-- The least of several runs, and of more where they are short: what disturbs a run only ever makes it longer.
local function measure(prepare, size)
  local least, spent, runs = math.huge, 0, 0
  repeat
    local run = prepare(size)
    collectgarbage()
    local began = clock()
    local result = run()
    local took = clock() - began
    assert(result, "the work was not done")
    least = math.min(least, took)
    spent = spent + took
    runs = runs + 1
  until runs >= 3 and spent > 0.3 or runs >= 30 or spent > 4
  return least
end

if once then
  for _, one in ipairs(works) do
    if one.name:find(wanted) then
      one.prepare(one.size * part // 1 | 0)()
    end
  end
  return
end

print(("%-24s %12s %10s %10s %10s %7s %7s"):format("work", "largest", "/100", "/10", "seconds", "x", "x"))
for _, one in ipairs(works) do
  if one.name:find(wanted) then
    local size = one.size * part // 1 | 0
    local times = {}
    for i, n in ipairs({ size // 100, size // 10, size }) do
      times[i] = measure(one.prepare, n)
      collectgarbage()
    end
    print(("%-24s %12d %10.5f %10.5f %10.5f %7.1f %7.1f"):format(one.name, size, times[1], times[2], times[3],
      times[2] / times[1], times[3] / times[2]))
    io.stdout:flush()
  end
end
