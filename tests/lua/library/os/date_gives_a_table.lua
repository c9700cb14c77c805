local date = os.date("!*t", 951786061)
local names = {}
for _, name in ipairs { "year", "month", "day", "hour", "min", "sec", "yday", "wday", "isdst" } do
    names[#names + 1] = name .. "=" .. tostring(date[name])
end
print(table.concat(names, " ")) --> year=2000 month=2 day=29 hour=1 min=1 sec=1 yday=60 wday=3 isdst=false
local now = os.time()
print(os.time(os.date("*t", now)) == now) --> true
