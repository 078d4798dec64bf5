// Stands for the kernel tests where no CUDA toolkit is installed: counted as skipped.
#include <doctest/doctest.h>

TEST_CASE("nvcc's PTX, interpreted on the CPU: needs nvcc" * doctest::skip()) {}
