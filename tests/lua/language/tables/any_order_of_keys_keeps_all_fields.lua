-- coarse 5000
-- Tables of mixed keys, filled, cleared and traversed at random, against what a plain record of the same says.
local state = 7
local function random(n)
  state = state * 16807 % 2147483647
  return state % n + 1
end

local function key_like(largest)
  local kind = random(10)
  if kind <= 5 then
    return random(largest)
  elseif kind <= 7 then
    return "k" .. random(largest)
  elseif kind == 8 then
    return random(largest) + 0.5
  end
  return -random(largest)
end

local function check(fields, keys, values)
  local wanted, seen = 0, 0
  for at = 1, keys.n do
    assert(fields[keys[at]] == values[at], keys[at])
    if values[at] ~= nil then
      wanted = wanted + 1
    end
  end
  for key, value in pairs(fields) do
    assert(values[keys.places[key]] == value, key)
    seen = seen + 1
    if random(3) == 1 then
      fields[key] = nil
      values[keys.places[key]] = nil
    end
  end
  assert(seen == wanted, seen .. " of " .. wanted)
end

local sizes = { 3, 8, 30, 200, 3000 }
for _ = 1, 150 do
  local largest, fields = sizes[random(5)], {}
  local keys, values = { n = 0, places = {} }, {}
  local function put(key, value)
    fields[key] = value
    local place = keys.places[key]
    if not place then
      place = keys.n + 1
      keys.n, keys.places[key], keys[place] = place, place, key
    end
    values[place] = value
  end
  for step = 1, random(sizes[random(4)]) do
    local border = #fields
    local kind = random(8)
    if kind == 1 then
      put(border + 1, step)
    elseif kind == 2 and border > 0 then
      put(border, nil)
    elseif kind == 3 then
      put(key_like(largest), nil)
    else
      put(key_like(largest), step)
    end
    border = #fields
    assert((border == 0 or fields[border] ~= nil) and fields[border + 1] == nil, "no border")
  end
  check(fields, keys, values)
  check(fields, keys, values)
end

-- Lists and other fields of all sizes in one table, whichever comes first.
for _, items in ipairs({ 0, 1, 5, 500, 1500, 3000 }) do
  for _, names in ipairs({ 0, 1, 5, 500, 1500, 3000 }) do
    for order = 1, 3 do
      local both = {}
      for at = 1, order == 2 and 0 or math.max(items, names) do
        if at <= items then
          both[at] = at
        end
        if order == 1 and at <= names then
          both["f" .. at] = at
        end
      end
      for at = 1, order == 1 and 0 or names do
        both["f" .. at] = at
      end
      for at = 1, order == 2 and items or 0 do
        both[at] = at
      end
      local found = 0
      for key, value in pairs(both) do
        assert(key == value or key == "f" .. value)
        found = found + 1
      end
      assert(found == items + names and #both == items)
      for at = items, 1, -1 do
        both[at] = nil
      end
      assert(#both == 0)
      for at = 1, names do
        assert(both["f" .. at] == at)
        both["f" .. at] = nil
      end
      assert(next(both) == nil)
    end
  end
end
print("all there") --> all there
