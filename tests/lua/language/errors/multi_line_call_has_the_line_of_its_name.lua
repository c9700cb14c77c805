print(pcall(function() --> false	multi_line_call_has_the_line_of_its_name.lua:2: attempt to call a nil value (global 'undefined')
  undefined(
    1,
    2
  )
end))
