# The two layers that use DCMTK, OpenJPEG, NIfTI and zlib once more, compiled against static libraries: for the released
# add-on, which carries them inside. All other layers are shared with the development build.
# HEPATICA_STATIC_LIBRARIES is the folder that scripts/package/static-libraries.mjs fills.
set(static_lib ${HEPATICA_STATIC_LIBRARIES}/lib)
add_library(hepatica_static_libraries INTERFACE)
target_include_directories(hepatica_static_libraries SYSTEM INTERFACE ${HEPATICA_STATIC_LIBRARIES}/include
  ${HEPATICA_STATIC_LIBRARIES}/include/openjpeg-2.5 ${HEPATICA_STATIC_LIBRARIES}/include/nifti)
foreach(library dcmseg dcmfg dcmiod dcmsr dcmjpeg ijg8 ijg12 ijg16 dcmjpls dcmtkcharls dcmimage dcmimgle dcmdata oflog ofstd openjp2 nifti2 znz z)
  target_link_libraries(hepatica_static_libraries INTERFACE ${static_lib}/lib${library}.a)
endforeach()

hepatica_layer(dicom_static FOLDERS dicom LINK hepatica_core hepatica_static_libraries)
hepatica_layer(nifti_static FOLDERS nifti LINK hepatica_core hepatica_static_libraries)
set_target_properties(hepatica_dicom_static hepatica_nifti_static PROPERTIES EXCLUDE_FROM_ALL ON)
