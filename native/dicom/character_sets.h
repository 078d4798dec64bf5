// Texts of DICOM as UTF-8, whichever character sets they are written in (PS3.3 C.12.1.1.2, PS3.5 6.1.2.5).
#pragma once

#include <string>
#include <string_view>

namespace hepatica::dicom {

// What stands for bytes that no character set explains.
inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// `character_set` is SpecificCharacterSet, its values separated by '\'. Escape sequences are followed whether it names
// their set or not, and never remain. `is_name`: of VR PN, in which '^' and '=' end a component.
std::string to_utf8(const std::string& bytes, const std::string& character_set, bool is_name);

}  // namespace hepatica::dicom
