print(string.len(123), string.rep(12, 2), string.sub(12345, 2, 3), string.upper(1.5)) --> 3	1212	23	1.5
print(#tostring(12), (5 .. ""):rep(2)) --> 2	55
