export default {
  // Native files are loaded from beside the package, not from a bundle.
  serverExternalPackages: ['hepatica'],
  experimental: { serverActions: { bodySizeLimit: '256mb' } },
};
