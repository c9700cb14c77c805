print(-1 >> 1 == math.maxinteger) --> true
print(-16 >> 2) --> 4611686018427387900
