x = 5
print(_ENV.x, _G.x, _ENV == _G) --> 5	5	true
_ENV.y = 6
print(y) --> 6
_G.z = 7
print(z, _G._G == _G) --> 7	true
