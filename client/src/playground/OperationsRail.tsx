import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { Kind, parse } from 'graphql';
import { useEffect, useState } from 'react';
import { currentSaleId } from './fetcher';
import { SALE_ID, type SavedOperation, savedOperations } from './operations';

/** The saved operations, in GraphiQL's left pane: a click opens one in a tab of its own. */
export function OperationsRail() {
  const [wanted, setWanted] = useState(savedOperations[0]?.name);
  const open = useOpenInTab();
  useReadyMark();
  return (
    <nav className="rail" aria-label="Saved operations">
      <ul>
        {savedOperations.map((operation) => (
          <li key={operation.name}>
            <button
              type="button"
              aria-current={operation.name === wanted}
              onClick={() => {
                setWanted(operation.name);
                void open(operation);
              }}
            >
              <strong>{operation.name}</strong>
              {operation.needs && <em>{operation.needs}</em>}
              <span>{operation.about}</span>
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/**
 * Marks the page as ready once both editors are there: GraphiQL ignores Run until then, so the button shows that it
 * can't be pressed yet.
 */
function useReadyMark(): void {
  const ready = useGraphiQL((state) => Boolean(state.queryEditor && state.responseEditor));
  useEffect(() => {
    document.body.toggleAttribute('data-ready', ready);
  }, [ready]);
}

function useOpenInTab(): (operation: SavedOperation) => Promise<void> {
  const actions = useGraphiQLActions();
  const tabs = useGraphiQL((state) => state.tabs);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  return async ({ query, variables = '' }) => {
    const opened = tabs.findIndex((tab) => tab.query === query);
    if (opened >= 0) {
      actions.changeTab(opened);
      return;
    }
    const filled = await fillSale(variables);
    actions.addTab();
    queryEditor?.setValue(query);
    variableEditor?.setValue(filled);
    // GraphiQL reads these from the editor a moment later; whoever presses Run at once needs them now.
    actions.setOperationFacts(factsOf(query));
  };
}

function factsOf(query: string) {
  const documentAST = parse(query);
  const operations = documentAST.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const operationName = operations[0]?.name?.value;
  return { documentAST, operations, ...(operationName !== undefined && { operationName }) };
}

async function fillSale(variables: string): Promise<string> {
  if (!variables.includes(SALE_ID)) return variables;
  const id = await currentSaleId().catch(() => null);
  return id === null ? variables : variables.replace(SALE_ID, id);
}

export function OperationsIcon() {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.6">
      <path d="M4 5h12M4 10h12M4 15h7" strokeLinecap="round" />
    </svg>
  );
}
