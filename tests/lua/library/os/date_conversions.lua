print(os.date("!%a %A %b %B %d %e %H %I %j %m %M %p %S", 0)) --> Thu Thursday Jan January 01  1 00 12 001 01 00 AM 00
print(os.date("!%y %Y %C %g %G %u %w %U %V %W", 1e9 // 1)) --> 01 2001 20 01 2001 7 0 36 36 36
print(os.date("!%c|%x|%X|%D|%F|%r|%R|%T|%h", 1234567890)) --> Fri Feb 13 23:31:30 2009|02/13/09|23:31:30|02/13/09|2009-02-13|11:31:30 PM|23:31|23:31:30|Feb
print(os.date("!%z %Z %% %Ex %Oy %EY", 86399)) --> +0000 GMT % 01/01/70 70 1970
print(os.date("!%n%t%%", 0) == "\n\t%") --> true
print(os.date("!%G-%V", 1104537600), os.date("!%G-%V", 1230768000)) --> 2004-53	2009-01
print(os.date("!%Y %y %C", -62200000000)) --> -2 98 -1
print(os.date(""), os.date("!"), os.date("a\0b", 0) == "a\0b") --> 		true
