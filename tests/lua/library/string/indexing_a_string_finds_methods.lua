print(("x").len == string.len, #"abc" == ("abc"):len()) --> true	true
