for _, v in ipairs({0, 0.0, "", {}, print, true}) do
  if not v then print("false", v) end
end
print(not nil, not false, not 0, not "", not {}) --> true	true	false	false	false
