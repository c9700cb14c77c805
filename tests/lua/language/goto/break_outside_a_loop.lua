print("x")
break --! syntax break outside loop at line 2