do
  goto last
  local x
  ::last::
end
print("the void statement at the end is outside of the local's scope") --> the void statement at the end is outside of the local's scope
