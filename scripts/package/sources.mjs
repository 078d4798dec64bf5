// What the released add-on carries inside: Debian 12's source packages, whose patches close the security holes that
// upstream's releases of the same version have. All files are pinned; a newer revision is a change of this list.

export const kSources = [
  {
    name: 'zlib',
    version: '1.2.13.dfsg-1',
    folder: 'pool/main/z/zlib',
    files: {
      'zlib_1.2.13.dfsg-1.dsc': '3fa1e6b2fc525062aa88207dda52fed8e045373c809d362fe8a2bfbf7cf515a8',
      'zlib_1.2.13.dfsg.orig.tar.bz2': '71feb7947e3c00ef125f83b79a4e529bde31171e5babe48b391f06758d1ab0a1',
      'zlib_1.2.13.dfsg-1.debian.tar.xz': 'f66cf3d4f2d7defcd4d1fd1fb0a11ee39f1e01b42ec7d059c9dc5c1695133c44',
    },
    license: 'Zlib',
    licenseFiles: ['LICENSE'],
  },
  {
    name: 'openjpeg2',
    version: '2.5.0-2+deb12u3',
    folder: 'pool/main/o/openjpeg2',
    files: {
      'openjpeg2_2.5.0-2+deb12u3.dsc': 'f570a7c10d36f2d5b2553941e7821ed88d1cf7a93f9c49e7f6099e53f4491f47',
      'openjpeg2_2.5.0.orig.tar.xz': '007e19d772c8b6b22e35379630b06ff3549e49ba719d96453607a36ad7b4de73',
      'openjpeg2_2.5.0-2+deb12u3.debian.tar.xz': '36dedb0ca4c1659c173feac97c19b31985656f4cd112b1a4d54d54bc4133ad37',
    },
    license: 'BSD-2-Clause',
    licenseFiles: ['LICENSE'],
  },
  {
    name: 'nifticlib',
    version: '3.0.1-9',
    folder: 'pool/main/n/nifticlib',
    files: {
      'nifticlib_3.0.1-9.dsc': 'a2db738c8171de53d63c3bacdf8006e55bf7543a79d7cf7665250c725786e23a',
      'nifticlib_3.0.1.orig.tar.gz': '868b611b5f8a3a73809436c9072db50db4975615905f0bd5fb7b1432e6d24b37',
      'nifticlib_3.0.1-9.debian.tar.xz': '0bcfeeadce52363bfe923a99ecc0d5c341acda4d3400eae906df14ed1896a557',
    },
    license: 'LicenseRef-Public-Domain',
    licenseFiles: ['LICENSE'],
  },
  {
    name: 'dcmtk',
    version: '3.6.7-9~deb12u4',
    folder: 'pool/main/d/dcmtk',
    files: {
      'dcmtk_3.6.7-9~deb12u4.dsc': '67ebf387308cf7039ed49b78ab8ff395e375b970899778d19531512eec6831ed',
      'dcmtk_3.6.7.orig.tar.gz': '17705dcdb2047d1266bb4e92dbf4aa6d4967819e8e3e94f39b7df697661b4860',
      'dcmtk_3.6.7-9~deb12u4.debian.tar.xz': '45a0d81621531bd54f2b492bafaccf49d5143f1bbb401121af5a5332fba09c82',
    },
    // DCMTK's own, the JPEG codec's (dcmjpeg), CharLS's (dcmjpls), log4cplus's (oflog).
    license: 'BSD-3-Clause AND IJG AND Apache-2.0',
    licenseFiles: ['COPYRIGHT', 'dcmjpeg/docs/ijg_readme.txt', 'dcmjpls/docs/License.txt', 'oflog/docs/LICENSE'],
  },
];
