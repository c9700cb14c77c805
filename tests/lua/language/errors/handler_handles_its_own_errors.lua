local count = 0
print(xpcall(error, function(message) --> false	again 4
    count = count + 1
    if count < 5 then error("again " .. count, 0) end
    return message
end, "first"))
print(count) --> 5
