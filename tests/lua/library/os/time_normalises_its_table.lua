local date = { year = 2005, month = 1, day = 1, hour = 1, min = 0, sec = -3602 }
os.time(date)
print(date.year, date.month, date.day, date.hour, date.min, date.sec, date.yday, date.wday) --> 2004	12	31	23	59	58	366	6
local date = { year = 2000, month = 14, day = 0, isdst = false }
os.time(date)
print(date.year, date.month, date.day, date.hour) --> 2001	1	31	12
local noon, later = os.time { year = 2000, month = 10, day = "1" }, os.time { year = 2000, month = 10, day = 1.0, hour = 13 }
print(later - noon) --> 3600
