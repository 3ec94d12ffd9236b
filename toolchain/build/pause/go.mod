module redoubt.dev/toolchain/pause

go 1.26
