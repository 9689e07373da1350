import { exitCode } from '../exit.ts';
import { paint, printJson } from '../io.ts';
import { visible } from '../print/visible.ts';
import type { AddCommands } from '../program.ts';

export const addExplainReply: AddCommands = (program, { io, action }) => {
  program
    .command('explain-reply')
    .description('say what a receiver’s reply means and what to do')
    .argument('<reply...>', 'the reply as it stands in the bounce or the log; - for standard input')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      "\nExample:\n  postern explain-reply '550 5.7.515 Access denied, sending domain does not meet the required level'",
    )
    .action(
      action(async (words: string[], { json }: { json?: boolean }) => {
        const reply = words.length === 1 && words[0] === '-' ? await io.readInput() : words.join(' ');
        const { explainReply } = await import('@postern/deliverability');
        const explained = explainReply(reply);
        const { kind, explanation } = explained;
        if (json) {
          printJson(io, explained);
          return explanation ? exitCode.clean : exitCode.unknown;
        }
        const how = {
          permanent: 'Permanent: the mail has bounced.',
          temporary: 'Temporary: Postfix tries again by itself.',
          success: 'Not an error: the mail was taken.',
          unknown: 'There is no SMTP reply code in this text.',
        }[kind];
        io.out(`${paint(io, 'bold', how)}\n`);
        if (!explanation) {
          io.out('Nothing more is known about this reply; its own words are the best there is.\n');
          return exitCode.unknown;
        }
        const { who, meaning, todo, source } = explanation;
        if (who !== 'any') io.out(`${visible(`Who says so: ${who}`)}\n`);
        io.out(
          `${visible(meaning)}\n${visible(`What to do: ${todo}`)}\n${paint(io, 'dim', `Source: ${source}`)}\n`,
        );
        return exitCode.clean;
      }),
    );
};
