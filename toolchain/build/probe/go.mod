module redoubt.dev/toolchain/probe

go 1.26
