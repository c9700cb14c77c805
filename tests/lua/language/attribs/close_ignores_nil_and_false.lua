do
  local a <close> = nil
  local b <close> = false
  print("body") --> body
end
print("after") --> after
