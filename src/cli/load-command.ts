/** The command of a verb. What needs no network comes without the network's code, which takes longer to load than the rest. */
import type { Command } from './command.ts';
import type { Verb } from './options.ts';

export async function loadCommand(verb: Verb): Promise<Command> {
  switch (verb) {
    case 'bundle':
      return (await import('./commands/bundle.ts')).bundleCommand;
    case 'why':
      return (await import('./commands/why.ts')).whyCommand;
    case 'mirror':
      return (await import('./commands/mirror.ts')).mirrorCommand;
    default:
      return (await import('./commands.ts')).COMMANDS[verb];
  }
}
