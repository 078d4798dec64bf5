#include "source_folder.h"

namespace hepatica::test {

std::string in_source_folder(const std::string& path) { return HEPATICA_SOURCE_DIR "/" + path; }

}  // namespace hepatica::test
