local nan = 0 / 0
print(nan == nan, nan ~= nan, nan < nan, nan <= nan, nan > nan, nan >= nan) --> false	true	false	false	false	false
print(nan < 1, nan > 1, 1 < nan, 1 >= nan, nan == 1) --> false	false	false	false	false
print(nan < math.maxinteger, math.maxinteger <= nan) --> false	false
print(not (nan < 1), not (nan >= 1)) --> true	true
