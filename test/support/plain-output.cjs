// Loaded before every test file. On a terminal Node's test runner asks its children for colours (FORCE_COLOR), and theirs inherit it:
// a number that a helper prints for a test to read would come with escape codes, and NO_COLOR would be overruled.
"use strict";
delete process.env.FORCE_COLOR;
