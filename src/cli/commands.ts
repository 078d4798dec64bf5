import type { Command } from 'commander';
import { addClassifyCommand } from './classify.js';
import { addCompareCommand } from './compare.js';
import { addDoctorCommand } from './doctor.js';
import { addEvaluateCommand } from './evaluate.js';
import { addFiltersCommand } from './filters.js';
import { addInfoCommand } from './info.js';
import { addPreprocessCommand } from './preprocess.js';
import { addRenderCommand } from './render.js';
import { addSegmentCommand } from './segment.js';
import { addStructuresCommand } from './structures.js';
import { addSynthesizeCommand } from './synthesize.js';
import { addTrainCommand } from './train.js';
import { addViewCommand } from './view.js';
import { addWeightsCommand } from './weights.js';

/** All commands, in the order of the help. */
export function addCommands(program: Command): void {
  addSegmentCommand(program);
  addStructuresCommand(program);
  addClassifyCommand(program);
  addCompareCommand(program);
  addPreprocessCommand(program);
  addEvaluateCommand(program);
  addRenderCommand(program);
  addFiltersCommand(program);
  addTrainCommand(program);
  addWeightsCommand(program);
  addSynthesizeCommand(program);
  addViewCommand(program);
  addInfoCommand(program);
  addDoctorCommand(program);
}
