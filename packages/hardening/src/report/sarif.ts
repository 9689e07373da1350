import type { Finding, Level } from '@postern/plan';
import { rules } from '../rules/index.ts';

/** What is told about the run besides its findings. */
export interface SarifOptions {
  /** The version of the program that reports. */
  readonly version?: string;
  /** Folder that relative file names in findings are meant from, as a URI that ends in a slash. */
  readonly root?: string;
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
        readonly artifactLocation: { readonly uri: string; readonly uriBaseId?: 'ROOT' };
        readonly region: { readonly startLine: number; readonly startColumn: number };
      };
    },
  ];
  readonly properties: { readonly versions: string; readonly source: string; readonly confidence: string };
}

/** Findings as a SARIF log, as code scanners and editors read it. */
export function toSarif(findings: readonly Finding[], options: SarifOptions = {}): SarifLog {
  const { version, root } = options;
  const ids = [...new Set(findings.map(({ rule }) => rule))].toSorted();
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
        ...(root !== undefined && { originalUriBaseIds: { ROOT: { uri: root } } }),
        columnKind: 'utf16CodeUnits',
        results: findings.map((finding) => describeFinding(finding, ids, root !== undefined)),
      },
    ],
  };
}

function describeRule(id: string, example: Finding): SarifRule {
  const known = rules.find((each) => each.id === id);
  return {
    id,
    shortDescription: { text: known?.title ?? id },
    ...(known && { fullDescription: { text: known.why } }),
    help: { text: `Source: ${known?.source ?? example.source}. Postfix versions: ${example.versions}.` },
    defaultConfiguration: { level: known?.level ?? example.level },
  };
}

function describeFinding(finding: Finding, ids: readonly string[], hasRoot: boolean): SarifResult {
  const { rule, level, message, at, versions, source, confidence } = finding;
  const inRoot = hasRoot && at !== undefined && !at.file.startsWith('/');
  return {
    ruleId: rule,
    ruleIndex: ids.indexOf(rule),
    level,
    message: { text: message },
    ...(at && {
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: encodePath(at.file), ...(inRoot && { uriBaseId: 'ROOT' as const }) },
            region: { startLine: at.line, startColumn: at.column },
          },
        },
      ] as const,
    }),
    properties: { versions, source, confidence },
  };
}

function encodePath(file: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}
