local set = {}
local date = setmetatable({}, {
    __index = function(_, name)
        return ({ year = 2020, month = 2, day = 30 })[name]
    end,
    __newindex = function(_, name, value)
        set[#set + 1] = name .. "=" .. tostring(value)
    end,
})
print(math.type(os.time(date))) --> integer
print(table.concat(set, " ", 1, 8)) --> year=2020 month=3 day=1 hour=12 min=0 sec=0 yday=61 wday=1
