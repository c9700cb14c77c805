local function refuse(date)
    local _, message = pcall(os.time, date)
    print(message)
end
refuse { hour = 12 } --> field 'year' missing in date table
refuse { year = 2000, month = 1 } --> field 'day' missing in date table
refuse { year = 1000, month = 1, day = 1, hour = "x" } --> field 'hour' is not an integer
refuse { year = 1000, month = 1, day = 1, hour = 1.5 } --> field 'hour' is not an integer
refuse { year = (1 << 31) + 1900, month = 1, day = 1 } --> field 'year' is out-of-bound
refuse { year = -(1 << 31) + 1899, month = 1, day = 1 } --> field 'year' is out-of-bound
refuse { year = -math.maxinteger, month = 1, day = 1 } --> field 'year' is out-of-bound
refuse { year = 0, month = 1, day = 1 << 32 } --> field 'day' is out-of-bound
refuse { year = (1 << 31) + 1899, month = 12, day = 40 } --> time result cannot be represented in this installation
os.time(12) --! bad argument #1 to 'time' (table expected, got number)
