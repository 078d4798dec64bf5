// An Electron main process, compiled only: npm does not bring Electron itself without an install script.
import { app, BrowserWindow, ipcMain } from 'electron';
import { deviceInfo, readSeries, type Segmentation, segmentLiver } from 'hepatica';

ipcMain.handle('liver', async (_event, path: string): Promise<Uint8Array> => {
  const liver: Segmentation = await segmentLiver(await readSeries(path));
  return liver.mask;
});

await app.whenReady();
const { cuda } = await deviceInfo();
new BrowserWindow({ title: cuda.networks ? 'GPU' : 'CPU' });
