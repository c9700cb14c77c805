local s = [=x] --! syntax invalid long string delimiter near '[='
