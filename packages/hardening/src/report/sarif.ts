import { maskSecrets, type Files, type Finding, type Level } from '@postern/plan';
import type { Configuration } from '../configuration.ts';
import { rules } from '../rules/index.ts';
import { configurationText } from '../subject/text.ts';
import type { Suppressed } from '../suppress/suppress.ts';
import { lineEdits } from './sarif-fix.ts';

/** What is told about the run besides its findings. */
export interface SarifOptions {
  /** The version of the program that reports. */
  readonly version?: string;
  /** Folder that relative file names in findings are meant from, as a URI that ends in a slash. */
  readonly root?: string;
  /** What was audited: then the log also has the lines that are meant, and the fixes. */
  readonly configuration?: Configuration;
  /** Findings that somebody allows: they are in the log as well, marked as suppressed. */
  readonly allowed?: Suppressed['allowed'];
}

/** The part of a SARIF 2.1.0 log that is written here. */
export interface SarifLog {
  readonly $schema: string;
  readonly version: '2.1.0';
  readonly runs: readonly [SarifRun];
}

interface SarifRun {
  readonly tool: {
    readonly driver: {
      readonly name: string;
      readonly version?: string;
      readonly rules: readonly SarifRule[];
    };
  };
  readonly invocations: readonly [{ readonly executionSuccessful: true }];
  readonly originalUriBaseIds?: { readonly ROOT: { readonly uri: string } };
  readonly columnKind: 'utf16CodeUnits';
  readonly results: readonly SarifResult[];
}

interface SarifRule {
  readonly id: string;
  readonly shortDescription: { readonly text: string };
  readonly fullDescription?: { readonly text: string };
  readonly help: { readonly text: string };
  readonly defaultConfiguration: { readonly level: Level };
}

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: Level;
  readonly message: { readonly text: string };
  readonly locations?: readonly [
    {
      readonly physicalLocation: {
        readonly artifactLocation: ArtifactLocation;
        readonly region: {
          readonly startLine: number;
          readonly startColumn: number;
          readonly snippet?: { readonly text: string };
        };
      };
    },
  ];
  /** The same for the same finding when lines above it come and go. */
  readonly partialFingerprints: { readonly 'findingHash/v1': string };
  readonly fixes?: readonly [SarifFix];
  readonly suppressions?: readonly [
    {
      readonly kind: 'inSource' | 'external';
      readonly status: 'accepted';
      readonly justification: string;
    },
  ];
  readonly properties: { readonly versions: string; readonly source: string; readonly confidence: string };
}

interface ArtifactLocation {
  readonly uri: string;
  readonly uriBaseId?: 'ROOT';
}

interface SarifFix {
  readonly description: { readonly text: string };
  readonly artifactChanges: readonly {
    readonly artifactLocation: ArtifactLocation;
    readonly replacements: readonly [
      {
        readonly deletedRegion: {
          readonly startLine: number;
          readonly startColumn: 1;
          readonly endLine: number;
          readonly endColumn: 1;
        };
        readonly insertedContent: { readonly text: string };
      },
    ];
  }[];
}

/** Findings as a SARIF log, as code scanners and editors read it. */
export function toSarif(left: readonly Finding[], options: SarifOptions = {}): SarifLog {
  const { version, root, allowed = [] } = options;
  const findings = [...left, ...allowed.map(({ finding }) => finding)];
  const ids = [...new Set(findings.map(({ rule }) => rule))].toSorted();
  const describe = describer(ids, options);
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'postern',
            ...(version !== undefined && { version }),
            rules: ids.map((id) =>
              describeRule(
                id,
                findings.find(({ rule }) => rule === id)!,
              ),
            ),
          },
        },
        invocations: [{ executionSuccessful: true }],
        ...(root !== undefined && { originalUriBaseIds: { ROOT: { uri: root } } }),
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding, index) => ({
          ...describe(finding),
          ...(index >= left.length && {
            suppressions: [describeSuppression(allowed[index - left.length]!.by)] as const,
          }),
        })),
      },
    ],
  };
}

function describeSuppression({
  at,
  because = '',
  until = '',
}: Suppressed['allowed'][number]['by']): NonNullable<SarifResult['suppressions']>[0] {
  return {
    kind: at?.file.endsWith('.json') ? 'external' : 'inSource',
    status: 'accepted',
    justification: `${because} (until ${until})`,
  };
}

function describeRule(id: string, example: Finding): SarifRule {
  const known = rules.find((each) => each.id === id);
  return {
    id,
    shortDescription: { text: known?.title ?? id },
    ...(known && { fullDescription: { text: known.why } }),
    help: {
      text: [
        ...(known ? [known.why] : []),
        ...(known?.byHand ? [`Where there is no fix: ${known.byHand.because} ${known.byHand.steps}`] : []),
        `Source: ${known?.source ?? example.source}. Postfix versions: ${example.versions}.`,
      ].join(' '),
    },
    defaultConfiguration: { level: known?.level ?? example.level },
  };
}

/** What makes a result of each finding, in order. */
function describer(
  ids: readonly string[],
  { root, configuration }: SarifOptions,
): (finding: Finding) => SarifResult {
  const names = {
    main: configuration?.names?.main ?? 'main.cf',
    master: configuration?.names?.master ?? 'master.cf',
  };
  const text = configuration && configurationText(configuration);
  const files: Files | undefined = text && { 'main.cf': text.main, 'master.cf': text.master };
  const lines = files && shownLines(files, names);
  const seen = new Map<string, number>();
  const location = (file: string): ArtifactLocation => ({
    uri: encodePath(file),
    ...(root !== undefined && !file.startsWith('/') && { uriBaseId: 'ROOT' }),
  });
  return ({ rule, level, message, at, versions, source, confidence, fix = [] }) => {
    const line = at && lines?.get(at.file)?.[at.line - 1];
    const edits = files && configuration && lineEdits(files, fix, configuration.version);
    const identity = [rule, at?.file ?? '', withoutLines(message)].join('\n');
    const before = seen.get(identity) ?? 0;
    seen.set(identity, before + 1);
    return {
      ruleId: rule,
      ruleIndex: ids.indexOf(rule),
      level,
      message: { text: message },
      ...(at && {
        locations: [
          {
            physicalLocation: {
              artifactLocation: location(at.file),
              region: {
                startLine: at.line,
                startColumn: at.column,
                ...(line !== undefined && { snippet: { text: line } }),
              },
            },
          },
        ] as const,
      }),
      partialFingerprints: { 'findingHash/v1': `${hash(identity)}:${before + 1}` },
      ...(edits && {
        fixes: [
          {
            description: { text: fix[0]!.because.why },
            artifactChanges: edits.map(({ file, startLine, endLine, text: inserted }) => ({
              artifactLocation: location(file === 'main.cf' ? names.main : names.master),
              replacements: [
                {
                  deletedRegion: { startLine, startColumn: 1, endLine, endColumn: 1 },
                  insertedContent: { text: inserted },
                },
              ] as const,
            })),
          },
        ] as const,
      }),
      properties: { versions, source, confidence },
    };
  };
}

function shownLines(
  files: Files,
  names: { readonly main: string; readonly master: string },
): Map<string, string[]> {
  const masked = maskSecrets(files);
  return new Map([
    [names.main, masked['main.cf']!.split(/\r?\n/)],
    [names.master, masked['master.cf']!.split(/\r?\n/)],
  ]);
}

/** A message may name other lines, which move. */
function withoutLines(message: string): string {
  return message.replaceAll(/(\bline |(?:main|master)\.cf:)\d+(?::\d+)?/g, '$1');
}

/** FNV-1a of 64 bits, as 16 hexadecimal digits: enough to tell the findings of one host apart. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  }
  return value.toString(16).padStart(16, '0');
}

function encodePath(file: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}
