#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdlib>

// The process's kernel library, wherever ops asks for it, is the interpreted one.
int main(int argc, char** argv) {
  setenv("HEPATICA_CUDA_LIBRARY", HEPATICA_INTERPRETED_CUDA_LIBRARY, 1);
  return doctest::Context(argc, argv).run();
}
