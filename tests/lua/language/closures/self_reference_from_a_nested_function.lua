local function f(n)
  local function again() return f(n - 1) end
  if n == 0 then return "done" end
  return again()
end
print(f(5)) --> done
