local main, is_main = coroutine.running()
print(type(main), is_main) --> thread	true
coroutine.wrap(function()
  local co, m = coroutine.running()
  print(type(co), m, co == main, coroutine.status(co), coroutine.status(main))
end)() --> thread	false	false	running	normal
