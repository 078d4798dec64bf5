#include "dicom/dcmtk_setup.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdicent.h>
#include <dcmtk/dcmdata/dcdict.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmdata/dcrleerg.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpeg/djencode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/dcmjpls/djencode.h>
#include <dcmtk/oflog/oflog.h>

#include <mutex>

#include "dicom/tags.h"

namespace hepatica::dicom {
namespace {

void complete_dictionary() {
  DcmDataDictionary& dictionary = dcmDataDict.wrlock();
  if (!dictionary.isDictionaryLoaded()) {
    for (const TagEntry& entry : header_tags()) {
      const DcmTagKey key(entry.tag.group, entry.tag.element);
      if (dictionary.findEntry(key, nullptr)) continue;
      dictionary.addEntry(new DcmDictEntry(entry.tag.group, entry.tag.element, DcmVR(entry.vr), entry.keyword, 1,
                                           DcmVariableVM, "DICOM", OFFalse, nullptr));
    }
  }
  dcmDataDict.wrunlock();
}

}  // namespace

void ensure_dcmtk_ready() {
  static std::once_flag once;
  std::call_once(once, [] {
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    complete_dictionary();
    DcmRLEDecoderRegistration::registerCodecs();
    DcmRLEEncoderRegistration::registerCodecs();
    DJDecoderRegistration::registerCodecs();
    DJEncoderRegistration::registerCodecs();
    DJLSDecoderRegistration::registerCodecs();
    DJLSEncoderRegistration::registerCodecs();
  });
}

}  // namespace hepatica::dicom
