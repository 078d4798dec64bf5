// Where the checkout lies. A function, so that its path is compiled into one unit only: as a definition of every unit
// it would keep a compiler cache from serving one checkout with what another compiled.
#pragma once

#include <string>

namespace hepatica::test {

// `path` relative to the project's root.
std::string in_source_folder(const std::string& path = {});

}  // namespace hepatica::test
